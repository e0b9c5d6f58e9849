// Next behind a server of one's own, as its manual shows it.
import { createServer } from "node:http";
import next from "next";

const port = Number(process.env.PORT ?? 3000);
const app = next({ dev: false, port });
const handle = app.getRequestHandler();
await app.prepare();
createServer((request, response) => handle(request, response)).listen(port, () => {
  console.log(`ready on http://localhost:${port}`);
});
