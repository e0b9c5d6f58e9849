// The status of a request, told when it has ended.
import { describe, expect, test } from "bun:test";
import { Outcomes } from "../../../src/worker/requests/outcome.ts";

const request = (): Request => new Request("http://host/");

describe("the status of a request whose handler returned", () => {
  const rejected = Promise.reject(new Error("no"));
  rejected.catch(() => undefined);
  class Own extends Response {}
  const cases: [what: string, result: unknown, status: number][] = [
    ["a response is its status", new Response("", { status: 404 }), 404],
    ["a response of the app's own class is its status", new Own("", { status: 204 }), 204],
    ["a promise is the status it resolved with", Promise.resolve(new Response()), 200],
    ["a promise that is pending at the end is 499", new Promise(() => undefined), 499],
    ["a promise that was rejected is 500", rejected, 500],
    ["no response is 500", "text", 500],
    ["nothing is 500", undefined, 500],
  ];
  test.each(cases)("%s", (_, result, status) => {
    expect(new Outcomes().statusOf(request(), result)).toBe(status);
  });
});

describe("what happened past the handler wins:", () => {
  test("an upgrade is 101, of that request alone", () => {
    const outcomes = new Outcomes();
    const upgraded = request();
    outcomes.noteUpgrade(upgraded);
    expect(outcomes.statusOf(upgraded, undefined)).toBe(101);
    expect(outcomes.statusOf(request(), undefined)).toBe(500);
  });

  test("the first that was noted", () => {
    const outcomes = new Outcomes();
    const late = request();
    outcomes.note(late, 503);
    outcomes.note(late, 499);
    expect(outcomes.statusOf(late, new Response())).toBe(503);
  });

  test("a client that has gone is 499", () => {
    const outcomes = new Outcomes();
    const gone = new AbortController();
    const aborted = new Request("http://host/", { signal: gone.signal });
    expect(outcomes.noteEnd(aborted)).toBe(false);
    gone.abort();
    expect(outcomes.noteEnd(aborted)).toBe(true);
    expect(outcomes.statusOf(aborted, new Response())).toBe(499);
  });

  test("one that a limit has ended has that status, whatever its handler does then", () => {
    const outcomes = new Outcomes();
    const [late, others] = [new Request("http://host/"), new Request("http://host/")];
    outcomes.note(late, 504);
    expect(outcomes.statusOf(late, new Response())).toBe(504);
    expect([outcomes.isOfLimit(late), outcomes.isOfLimit(others)]).toEqual([true, false]);
  });
});
