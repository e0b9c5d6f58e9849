// Keeps what Bun's compiler has made of the request path.
//
// Bun makes a function such as `Promise.race` when somebody first reads it, and that changes the
// shape of `Promise`. All compiled code that has asked `instanceof Promise` is thrown away then.
// The first `Promise.all` of a drain made the whole request path cold under full load: a third more
// CPU time for each request, for half a second. (`BUN_JSC_printEachOSRExit=1` shows such things.)

/** Has Bun make all functions of `Promise`, before the first request. */
export function completePromise(): void {
  for (const name of Reflect.ownKeys(Promise)) Reflect.get(Promise, name);
}
