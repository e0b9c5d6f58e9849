// Express 5 with the middleware that most programs have.
import compression from "compression";
import express from "express";
import session from "express-session";
import multer from "multer";
import { join } from "node:path";
import node from "./node.cjs";

const app = express();
const upload = multer({ storage: multer.memoryStorage() });

app.set("trust proxy", true);
app.use("/node", node);
app.use("/static", express.static(join(import.meta.dirname, "files"), { maxAge: "1d" }));
app.use(session({ secret: "s", resave: false, saveUninitialized: false }));
app.use(express.json());
app.use(express.urlencoded({ extended: true }));

app.get("/cookies", (req, res) => {
  res.cookie("a", "1", { httpOnly: true, sameSite: "lax" }).cookie("b", "x y", { maxAge: 0 });
  res.clearCookie("c").json({ got: req.headers.cookie });
});
app.get("/session", (req, res) => {
  const stored = req.session as { count?: number };
  stored.count = (stored.count ?? 0) + 1;
  res.json({ count: stored.count });
});
app.get("/redirect", (req, res) => res.redirect("/elsewhere?x=1"));
app.get("/moved", (req, res) => res.redirect(301, "https://example.com/"));
app.get("/ip", (req, res) => {
  const { ip, ips, protocol, secure, host, hostname } = req;
  res.json({ ip, ips, protocol, secure, host, hostname });
});
app.get("/text", (req, res) => res.send("the same text each time"));
app.get("/empty", (req, res) => res.sendStatus(204));
app.get("/download", (req, res) => res.download(join(import.meta.dirname, "files/text.txt")));
app.get("/jsonp", (req, res) => res.jsonp({ a: 1 }));
app.get("/format", (req, res) => {
  res.format({ html: () => res.send("<p>html</p>"), json: () => res.send({ json: true }) });
});
app.post("/json", (req, res) => res.json({ parsed: req.body }));
app.post("/multipart", upload.any(), (req, res) => {
  const files = req.files as { fieldname: string; originalname: string; size: number }[];
  const told = files.map(({ fieldname, originalname, size }) => [fieldname, originalname, size]);
  res.json({ fields: req.body, files: told });
});
app.get("/compressed", compression({ threshold: 0 }), (req, res) => {
  res.type("text").send("to be compressed ".repeat(500));
});
app.get("/flush", compression({ threshold: 0 }), (req, res) => {
  res.type("text/event-stream").write("data: 1\n\n");
  (res as unknown as { flush(): void }).flush();
  setTimeout(() => res.end("data: 2\n\n"), 100);
});
app.get("/sse", (req, res) => {
  res.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-cache" }).flushHeaders();
  let count = 0;
  const timer = setInterval(() => {
    res.write(`data: ${(count += 1)}\n\n`);
    if (count < 3) return;
    clearInterval(timer);
    res.end();
  }, 20);
});
app.get("/throws", () => {
  throw new Error("thrown");
});
app.get("/rejects", async () => {
  await null;
  throw Object.assign(new Error("rejected"), { status: 422, expose: true });
});
app.get("/next", (req, res, next) => next(Object.assign(new Error("passed on"), { status: 503 })));
app.use((error: Error & { status?: number }, req: unknown, res: any, _: unknown) => {
  res.status(error.status ?? 500).json({ error: error.message });
});

app.listen(3000, "127.0.0.1");
