// What `pounce check` says about `websocket.publish`: whose WebSockets get what an app publishes.
import type { Config } from "../config/config.ts";
import { redisPlace } from "../net/redis-url.ts";
import { fine, type Finding, warning } from "./finding.ts";

const NAME = "websocket.publish";
const ANSWER_MS = 2000;

/** @param ask resolves with what is wrong with the Redis there, or with `undefined` */
export async function webSocketFindings(
  { websocket, workers }: Pick<Config, "websocket" | "workers">,
  ask = askRedis,
): Promise<Finding[]> {
  const { publish } = websocket;
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
