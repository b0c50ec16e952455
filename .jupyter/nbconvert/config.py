# How pages are exported:
#   jupyter nbconvert --config .jupyter/nbconvert/config.py --to html notebooks/01-quickstart.ipynb
# Works with nbconvert 6.5 (Debian 12) and 7. Set-up makes .cache/page (see .workbench/page.mjs).
import os

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))

c = get_config()  # noqa: F821
c.TemplateExporter.extra_template_basedirs = [here]
c.TemplateExporter.extra_template_paths = [os.path.join(root, ".cache", "page")]
c.HTMLExporter.template_name = "page"
# Of the forms in which an output is offered, the first one listed here is shown.
c.NbConvertBase.display_data_priority = [
    "application/vnd.vegalite.v6+json",
    "application/vnd.vegalite.v5+json",
    "application/vnd.vega.v5+json",
    "application/vnd.plotly.v1+json",
    "text/html",
    "video/mp4",
    "video/webm",
    "image/svg+xml",
    "image/webp",
    "image/gif",
    "image/png",
    "image/jpeg",
    "text/markdown",
    "text/latex",
    "text/plain",
]
