// Apps that answer with the target and the body, and note each request that no proxy has named, or
// that has the name of another.

const REPORT = `
const seen = new Set();
const report = { requests: 0, withoutName: [], twice: [] };
const first = (list, entry) => list.length < 20 && list.push(entry);
function note(method, target, name) {
  report.requests++;
  const what = method + " " + target + " " + name;
  if (name === undefined || name.includes(",")) first(report.withoutName, what);
  else if (seen.has(name)) first(report.twice, what);
  else seen.add(name);
}
`;

/** One for `Bun.serve`, with a route that Bun serves by itself. */
export const fetchApp = `${REPORT}
async function fetch(request) {
  const target = request.url.slice(request.url.indexOf("/", 7));
  if (target === "/report") return Response.json(report);
  note(request.method, target, request.headers.get("x-via") ?? undefined);
  if (target.includes("unread")) return new Response(target);
  let body = "";
  try { body = await request.text(); } catch {}
  return new Response(target + " " + body);
}
const routes = { "/static": new Response("static") };
export default { routes, fetch, websocket: { message() {} } };
`;

/** A program on node:http. */
export const nodeApp = `${REPORT}
import { createServer } from "node:http";
createServer((request, response) => {
  const target = request.url;
  if (target === "/report") return response.end(JSON.stringify(report));
  note(request.method, target, request.headers["x-via"]);
  response.on("error", () => {});
  if (target.includes("unread")) return response.end(target);
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("error", () => {});
  request.on("end", () => response.end(target + " " + body));
}).listen();
`;
