// The app that is served when none is configured: it shows which generation and worker answered.
import { Hono } from "hono";
import { nameClasses } from "../../built-in/class-names.ts";

nameClasses({ Hono });

function identity(): { pid: number; worker: string } {
  // The process is named "pounce worker 4 generation 1 slot 0".
  return { pid: process.pid, worker: process.argv.slice(2).join(" ") };
}

export const demo = new Hono()
  .get("/", (c) => {
    const { pid, worker } = identity();
    return c.text(`pounce: ${worker}, pid ${pid}\n`);
  })
  .get("/json", (c) => c.json(identity()));
