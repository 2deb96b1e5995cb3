// Serves specifications with Prism, all of them in one process: loading it takes longer than most of them do.
// Reads the path of a specification from each line of standard input, and writes for each a line of JSON:
// the specification, and the address where it is served.  Ends with its input.
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

const installed = createRequire(join(__dirname, "..", "..", "frontend", "package.json"));
const prism = createRequire(installed.resolve("@stoplight/prism-cli"));
const { createLogger } = prism("@stoplight/prism-core");
const { getHttpOperationsFromSpec } = prism("@stoplight/prism-http");
const { createServer } = prism("@stoplight/prism-http-server");

// What "prism mock --errors" serves with, only that nobody reads what it would write down of each request.
const config = {
  validateRequest: true,
  validateResponse: true,
  checkSecurity: true,
  errors: true,
  upstreamProxy: undefined,
  mock: { dynamic: false, ignoreExamples: false, seed: null },
  isProxy: false,
};
const logger = createLogger("tests", { level: "silent" });

async function serve(specification) {
  const operations = await getHttpOperationsFromSpec(specification);
  if (operations.length === 0) throw new Error(`${specification} has no operations`);
  const address = await createServer(operations, { cors: true, config, components: { logger } }).listen(0, "127.0.0.1");
  console.log(JSON.stringify({ specification, address }));
}

const lines = createInterface({ input: process.stdin });
lines.on("line", serve);
lines.on("close", () => process.exit());
