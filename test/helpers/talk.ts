// A client of a WebSocket whose server answers `VERSION MESSAGE`: it talks all the time, and checks
// that nothing is lost, repeated or out of order.
import { clientFrame, type RawWebSocket, TEXT } from "./raw-websocket.ts";

/** Sends numbers, a third of them in two parts. Returns how many. Rejects if one is not as sent. */
export async function talk(client: RawWebSocket, isOver: () => boolean): Promise<number> {
  let count = 0;
  const check = async (): Promise<number> => {
    for (let at = 0; ; at++) {
      const [, word] = (await client.text()).split(" ");
      if (word === "end") return at;
      if (word !== String(at)) throw new Error(`${word} in place of ${at}`);
    }
  };
  const checked = check();
  while (!isOver()) {
    const bytes = clientFrame(TEXT, String(count++));
    const half = count % 3 === 0 ? 3 : bytes.length;
    client.write(bytes.subarray(0, half));
    await Bun.sleep(1 + (count % 5));
    if (half < bytes.length) client.write(bytes.subarray(half));
  }
  client.send("end");
  if ((await checked) !== count) throw new Error("an answer is missing");
  return count;
}
