/** Text as HTML: nothing in it counts as markup. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

/** The type in which the pages set their own words; the same family as in the plots. */
export const htmlFont = "font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif";
