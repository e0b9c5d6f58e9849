// A client of socket.io is let in again where it has moved to.
import { describe, expect, test } from "bun:test";
import { type Entering, SocketIoEntrance } from "../../../src/core/carry/socket-io-entrance.ts";

const open = (pingInterval: number): string =>
  `0{"sid":"x","upgrades":[],"pingInterval":${pingInterval},"pingTimeout":200}`;
const PASS_ON: Entering = { type: "pass-on" };

const entrance = (patienceMs?: number): SocketIoEntrance =>
  new SocketIoEntrance({ connects: ['40{"token":1}', "40/a,"], patienceMs });

test("the server hears what the client has said, and the client gets what the server answers", () => {
  const it = entrance();
  expect(it.said(open(300))).toEqual({ type: "say", messages: ['40{"token":1}', "40/a,"] });
  expect(it.said('40/a,{"sid":"y"}')).toEqual(PASS_ON);
  expect(it.said('451-/a,["hello",{"_placeholder":true,"num":0}]')).toEqual(PASS_ON);
  expect(it.said(undefined)).toEqual(PASS_ON);
  expect(it.isIn).toBe(false);
  expect(it.said('40{"sid":"z"}')).toEqual(PASS_ON);
  expect(it.isIn).toBe(true);
});

describe("it does not go on there", () => {
  test.each([
    ["Hello", "it is not socket.io"],
    ["0{}", "it is not socket.io"],
    [undefined, "it is not socket.io"],
    [open(500), "it pings each 500 ms, its client waits for 500 ms"],
  ])("%s", (message, why) => {
    expect(entrance(500).said(message)).toEqual({ type: "refuse", why });
  });

  test.each([
    ['44{"message":"expired"}', "socket.io does not let it into /: expired"],
    ["44/a,", "socket.io does not let it into /a: it gives no reason"],
  ])("%s", (message, why) => {
    const it = entrance(500);
    it.said(open(499));
    expect(it.said(message)).toEqual({ type: "refuse", why });
    expect(it.isIn).toBe(false);
  });
});
