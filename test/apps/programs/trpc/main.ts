// tRPC's standalone adapter, as in its documentation.
import { initTRPC } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";

const version = "v0";
const t = initTRPC.create();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const appRouter = t.router({
  hello: t.procedure.query(() => `hello from ${version}`),
  slow: t.procedure.query(async () => {
    await sleep(1200);
    return `hello from ${version}`;
  }),
  echo: t.procedure
    .input((value: unknown) => value as { text: string })
    .mutation(({ input }) => ({ text: input.text, by: `hello from ${version}` })),
  events: t.procedure.subscription(async function* () {
    yield "first";
    await sleep(1000);
    yield `hello from ${version}`;
  }),
});

export type AppRouter = typeof appRouter;

const server = createHTTPServer({
  router: appRouter,
});

server.listen(3000);
