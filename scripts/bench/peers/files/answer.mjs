// The answer from node:http, with the end on SIGINT that PM2's manual shows.
import { createServer } from "node:http";

const headers = { "Content-Type": "text/plain", "Content-Length": 2 };
const server = createServer((_request, response) => {
  response.writeHead(200, headers).end("{{version}}");
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGINT", () => server.close(() => process.exit()));
