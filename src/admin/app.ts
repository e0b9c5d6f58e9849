// The control socket's HTTP: a Hono app over what a master can be asked.
import { Hono } from "hono";
import { MAX_WORKERS } from "../core/scale.ts";
import { LONGEST_DRAIN_MS } from "../core/settings.ts";
import { CONTENT_TYPE } from "../metrics/exposition.ts";
import type { Control, Until } from "../master/control.ts";

/** Answers 200 for done, 409 for refused with a `reason`, 400 for what makes no sense. */
export function adminApp(control: Control): Hono {
  return new Hono()
    .get("/metrics", (c) => c.text(control.metrics(), 200, { "content-type": CONTENT_TYPE }))
    .get("/status", async (c) => c.json(await control.snapshot()))
    .use(async (c, next) => {
      // A reload has an answer of its own.
      const isOrder = c.req.method === "POST" && c.req.path !== "/reload";
      const reason = isOrder ? control.handedOver : undefined;
      return reason === undefined ? next() : c.json({ reason }, 409);
    })
    .post("/reload", async (c) => {
      const until = c.req.query("until") ?? "ended";
      if (!isUntil(until)) return c.json({ reason: 'until: expected "steered" or "ended"' }, 400);
      const result = await control.reload(until);
      return c.json(result, result.ok ? 200 : 409);
    })
    .post("/scale", (c) => {
      const workers = Number(c.req.query("workers"));
      if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS) {
        return c.json({ reason: `workers: expected a whole number from 1 to ${MAX_WORKERS}` }, 400);
      }
      const reason = control.scale(workers);
      return reason === undefined ? c.json({ workers }) : c.json({ reason }, 409);
    })
    .post("/stop", (c) => {
      control.stop();
      return c.json({ pid: process.pid });
    })
    .post("/drain", async (c) => {
      const forMs = Number(c.req.query("for_ms"));
      if (!(forMs > 0 && forMs <= LONGEST_DRAIN_MS)) {
        return c.json({ reason: "for_ms: expected a time of at most an hour" }, 400);
      }
      await control.drain(forMs);
      return c.json({ for_ms: forMs });
    });
}

function isUntil(value: string): value is Until {
  return value === "steered" || value === "ended";
}
