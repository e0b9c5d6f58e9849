// A small Hono app, with a text and a JSON route.
import { Hono } from "hono";

const app = new Hono();
app.get("/", (c) => c.text("hello"));
app.get("/json", (c) => c.json({ message: "hello", numbers: [1, 2, 3] }));

export default app;
