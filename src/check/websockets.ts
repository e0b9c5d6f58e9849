// What `pounce check` says about WebSockets: whether they move at a reload, and whose get what an
// app publishes.
import type { Config } from "../config/config.ts";
import { redisPlace } from "../net/redis-url.ts";
import { fine, type Finding, warning } from "./finding.ts";

const NAME = "websocket.publish";
const ANSWER_MS = 2000;

interface Looked extends Pick<Config, "websocket" | "workers"> {
  readonly rollout: Pick<Config["rollout"], "strategy">;
}

/** @param ask resolves with what is wrong with the Redis there, or with `undefined` */
export async function webSocketFindings(
  { websocket, workers, rollout }: Looked,
  ask = askRedis,
): Promise<Finding[]> {
  return [
    ...carryFindings(websocket, rollout),
    ...(await publishFindings(websocket, workers, ask)),
  ];
}

function carryFindings(
  { onReload }: Config["websocket"],
  { strategy }: Looked["rollout"],
): Finding[] {
  if (onReload === undefined || strategy !== "restart") return [];
  const found = 'WebSockets are closed at a reload all the same, as rollout.strategy is "restart"';
  const advice = 'the old version ends before there is a new one: use "all" or "rolling"';
  return [warning("websocket.on_reload", found, advice)];
}

async function publishFindings(
  { publish }: Config["websocket"],
  workers: number,
  ask: typeof askRedis,
): Promise<Finding[]> {
  if (publish === undefined) return [];
  const all = workers === 1 ? "those of its one worker" : `those of all ${workers} workers`;
  const own = `what is published reaches WebSockets of this server: ${all}`;
  const place = redisPlace(publish);
  if (place === undefined) return [fine(NAME, own)];
  const problem = await ask(place.url);
  if (problem !== undefined) {
    const advice = "start it, or correct the URL: until it answers, other servers get nothing";
    return [warning(NAME, `${place.shown} does not answer (${problem})`, advice)];
  }
  const others = `those of all servers on channel "${place.channel}" of ${place.shown}`;
  return [fine(NAME, `${own}, and ${others}, which answers`)];
}

async function askRedis(url: string): Promise<string | undefined> {
  const options = { autoReconnect: false, connectionTimeout: ANSWER_MS };
  const client = new Bun.RedisClient(url, options);
  try {
    await client.connect();
    await client.ping();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    client.close();
  }
}
