// Calls from the benchmark to a load client, which is a process of its own so that the two do not
// wait for each other: one message each way, matched by number.
import { Child } from "../child.ts";
import { benchFile } from "../servers.ts";

/** What a client can do: for each name, what it is given and what it answers. */
type Calls<Names extends string> = Record<Names, { given: unknown; answer: unknown }>;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly given: unknown;
}

type Outcome = { readonly id: number } & ({ answer: unknown } | { problem: string });

export class LoadClient<C extends Calls<keyof C & string>> {
  readonly #child: Child;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #nextId = 0;

  /** Runs a file of this folder. */
  constructor(file: string) {
    this.#child = new Child([process.execPath, benchFile(`load/${file}`)], {
      onMessage: (message) => this.#settle(message as Outcome),
    });
    void this.#child.exited.then(() => this.#failAll());
  }

  get pid(): number {
    return this.#child.pid;
  }

  call<Name extends keyof C & string>(
    name: Name,
    given: C[Name]["given"],
  ): Promise<C[Name]["answer"]> {
    const id = this.#nextId;
    this.#nextId += 1;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    // A measurement that fails elsewhere never looks at this; that must not end the benchmark.
    waiting.promise.catch(() => undefined);
    this.#child.send({ id, name, given } satisfies Question);
    return waiting.promise;
  }

  end(): Promise<void> {
    return this.#child.end();
  }

  #settle(outcome: Outcome): void {
    const waiting = this.#waiting.get(outcome.id);
    this.#waiting.delete(outcome.id);
    if ("problem" in outcome) waiting?.reject(new Error(outcome.problem));
    else waiting?.resolve(outcome.answer);
  }

  #failAll(): void {
    const problem = new Error(`the load client has ended:\n${this.#child.output}`);
    for (const { reject } of this.#waiting.values()) reject(problem);
    this.#waiting.clear();
  }
}

type Answers<C extends Calls<keyof C & string>> = {
  [Name in keyof C]: (given: C[Name]["given"]) => Promise<C[Name]["answer"]>;
};

/** In the client: answers calls until the benchmark goes away. */
export function answerCalls<C extends Calls<keyof C & string>>(answers: Answers<C>): void {
  process.on("message", (message) => {
    const { id, name, given } = message as Question;
    void answers[name as keyof C](given).then(
      (answer) => reply({ id, answer }),
      (error: unknown) => reply({ id, problem: Bun.inspect(error) }),
    );
  });
  process.on("disconnect", () => process.exit());
}

function reply(outcome: Outcome): void {
  process.send?.(outcome);
}
