// How many sockets listen on a port, as the kernel tells it.
import { readFileSync } from "node:fs";

export function listenersOn(port: number, table: "tcp" | "tcp6" = "tcp"): number {
  const own = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync(`/proc/net/${table}`, "utf8").split("\n");
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return fields.filter(([, local, , state]) => local?.endsWith(own) && state === "0A").length;
}
