// The control socket's HTTP: a Hono app over what a master can be asked.
import { Hono } from "hono";
import { MAX_WORKERS } from "../core/rules/scale.ts";
import { LONGEST_DRAIN_MS } from "../core/settings.ts";
import { CONTENT_TYPE } from "../metrics/exposition.ts";
import type { ControlApi } from "./control-api.ts";
import type { Until } from "../core/events.ts";
import { answerOrder, type Outcome, waits } from "./order-stream.ts";
import type { ReloadResult, ServerCard } from "./protocol.ts";

/**
 * Answers 200 if done, 409 if refused, with a `reason`, 400 if the request makes no sense.
 * @param card what the server says about itself
 */
export function adminApp(control: ControlApi, card: () => ServerCard): Hono {
  return new Hono()
    .get("/server", (c) => c.json(card()))
    .use(async (c, next) => {
      // A reload has an answer of its own.
      const reason = c.req.path === "/reload" ? undefined : control.handedOver;
      return reason === undefined ? next() : c.json({ reason, handed_over: true }, 409);
    })
    .get("/metrics", (c) => c.text(control.metrics(), 200, { "content-type": CONTENT_TYPE }))
    .get("/status", async (c) => c.json(await control.snapshot()))
    .post("/reload", async (c) => {
      const until = c.req.query("until") ?? "ended";
      if (!isUntil(until)) return c.json({ reason: 'until: expected "steered" or "ended"' }, 400);
      return answerOrder(c.req.raw, async () => {
        const result = await control.reload(until);
        return result.ok ? done(result) : refused(result);
      });
    })
    .post("/reload-tls", (c) =>
      answerOrder(c.req.raw, async () => {
        const result = await control.reloadTls();
        return result.ok ? done(result) : refused(result);
      }),
    )
    .post("/scale", async (c) => {
      const workers = Number(c.req.query("workers"));
      if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS) {
        return c.json({ reason: `workers: expected a whole number from 1 to ${MAX_WORKERS}` }, 400);
      }
      return answerOrder(c.req.raw, async () => {
        const answer = await control.scale(workers);
        return answer.ok ? done({ workers: answer.workers }) : refused({ reason: answer.reason });
      });
    })
    .post("/rollback", (c) =>
      answerOrder(c.req.raw, async () => {
        const answer = await control.rollback();
        if (!answer.ok) return refused({ reason: answer.reason });
        const { generation, workers, wanted, lack = null } = answer;
        return done({ generation, workers, wanted, lack });
      }),
    )
    .post("/stop", (c) => {
      const stopped = control.stop();
      return answerOrder(c.req.raw, async () => {
        // A client that cannot wait for an answer watches for the end of the process.
        const answer = waits(c.req.raw) ? await stopped : undefined;
        return answer?.ok === false
          ? refused({ reason: answer.reason })
          : done({ pid: process.pid });
      });
    })
    .post("/drain", async (c) => {
      const forMs = Number(c.req.query("for_ms"));
      if (!(forMs > 0 && forMs <= LONGEST_DRAIN_MS)) {
        return c.json({ reason: "for_ms: expected a time of at most an hour" }, 400);
      }
      return answerOrder(c.req.raw, async () => {
        const answer = await control.drain(forMs);
        const path = control.healthCheckPath ?? null;
        if (answer.ok) return done({ for_ms: forMs, health_check_path: path });
        // The server has stopped before the time was over. No answer: the client sees it go.
        return control.handedOver === undefined ? undefined : refused({ reason: answer.reason });
      });
    });

  /** A client of a server that is another process's by now is to ask that one. */
  function refused(body: Pick<ReloadResult, "reason">): Outcome {
    const isHandedOver = control.handedOver !== undefined;
    return { status: 409, body: { ...body, ...(isHandedOver && { handed_over: true }) } };
  }
}

function done(body: object): Outcome {
  return { status: 200, body };
}

function isUntil(value: string): value is Until {
  return value === "steered" || value === "ended";
}
