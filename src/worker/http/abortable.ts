// Lets pounce abort `request.signal`, which Bun aborts only when the client has gone.
//
// Bun's own signal cannot be aborted from outside, and the property of its class cannot be changed.
// So a request gets a property of its own, with a signal that follows Bun's and ours. What is made
// of the request, by `clone` for example, follows Bun's alone.

const bunsOwn = Object.getOwnPropertyDescriptor(Request.prototype, "signal")?.get as (
  this: Request,
) => AbortSignal;

const controllers = new WeakMap<Request, AbortController>();
const signals = new WeakMap<Request, AbortSignal>();

/** One for all: nothing is made for a request whose signal nobody reads. */
const SIGNAL: PropertyDescriptor & ThisType<Request> = {
  configurable: true,
  get() {
    const known = signals.get(this);
    if (known !== undefined) return known;
    const signal = AbortSignal.any([bunsOwn.call(this), controllerOf(this).signal]);
    signals.set(this, signal);
    return signal;
  },
};

/** From now on `abort` works for this request. */
export function makeAbortable(request: Request): void {
  Object.defineProperty(request, "signal", SIGNAL);
}

/** Aborts the signal of a request, also for whoever reads it later. */
export function abort(request: Request, reason: Error): void {
  controllerOf(request).abort(reason);
}

function controllerOf(request: Request): AbortController {
  const known = controllers.get(request);
  if (known !== undefined) return known;
  const controller = new AbortController();
  controllers.set(request, controller);
  return controller;
}
