/** npm run lab: set up and serve Jupyter, without running a notebook first. */
import { endGroupsOnSignals } from "./run.mjs";
import { runMain } from "./say.mjs";
import { serve } from "./serve.mjs";
import { setUp } from "./setup.mjs";

await runMain(async () => {
  endGroupsOnSignals();
  return serve(await setUp({ server: true }));
});
