// The plan of each generation, and what its workers have found out: the port and the app's file.
import type { AppPlace } from "../../core/app-place.ts";
import type { FromWorker } from "../../ipc/messages.ts";
import { type Address, formatAddress, isUnix, tcpAmong } from "../../net/address.ts";
import type { FileFacts } from "../../os/file-facts.ts";
import type { ReservedPort } from "../../net/shared-port.ts";
import type { Executables, ListenerSockets } from "../surroundings.ts";
import { placeOf } from "./app-place.ts";
import type { Plan } from "./plan.ts";
import type { PlannedTls } from "./tls.ts";
import { uidOf } from "./runs-as.ts";

type Loaded = Pick<
  Extract<FromWorker, { readonly type: "loaded" }>,
  "file" | "ownHono" | "isElsewhere" | "failure" | "appFiles"
>;

export class Plans {
  /** By generation. */
  readonly #plans = new Map<number, Plan>();
  /** The port that port 0 stands for, once a worker has got one. */
  #port: number | undefined;
  /** That port, if it was chosen before a worker has bound it. */
  #reserved: ReservedPort | undefined;

  constructor(
    readonly executables: Executables,
    readonly sockets: Pick<ListenerSockets, "reservePort">,
  ) {}

  get port(): number | undefined {
    return this.#port;
  }

  /** The user of all workers. */
  get uid(): number {
    const [plan] = this.#plans.values();
    return uidOf(plan?.runsAs);
  }

  /** Adds the plan of a generation that is about to start. */
  put(generation: number, plan: Plan): void {
    const before = this.#plans.get(Math.max(...this.#plans.keys()));
    const isElsewhere = plan.isDev && before?.app.isElsewhere === true;
    const app = { ...plan.app, ownHono: before?.app.ownHono, isElsewhere };
    this.#plans.set(generation, { ...plan, app });
  }

  /** Throws when there is none. */
  of(generation: number): Plan {
    const plan = this.find(generation);
    if (plan === undefined) throw new Error(`generation ${generation} has no plan`);
    return plan;
  }

  /** Certificates were renewed: workers that a generation starts from now on get the new ones. */
  renew(generation: number, tls: PlannedTls): void {
    this.#plans.set(generation, { ...this.of(generation), tls });
  }

  /** The generations that there is a plan for. */
  get generations(): number[] {
    return [...this.#plans.keys()];
  }

  /** Undefined: there is none, as of workers of another master. */
  find(generation: number): Plan | undefined {
    return this.#plans.get(generation);
  }

  /** See `Held.sharesPorts`. */
  get sharesPorts(): boolean | undefined {
    return [...this.#plans.values()].find(hasPort)?.sharesPorts;
  }

  /** The addresses of all generations. */
  get addresses(): string[] {
    const all = [...this.#plans.values()].flatMap((plan) => plan.addresses);
    return all.map((address) => formatAddress(this.#withPort(address)));
  }

  /** Port 0 is the port that was chosen. */
  #withPort(address: Address): Address {
    if (isUnix(address) || address.port !== 0) return address;
    return { host: address.host, port: this.#port ?? 0 };
  }

  forget(generation: number): void {
    this.executables.forget(generation);
    this.#plans.delete(generation);
  }

  /**
   * The addresses that workers of a generation bind. For port 0 the kernel chooses when the first
   * worker binds, and from then on everybody uses that port. If the port must be free on several
   * addresses, or workers share its socket, it is chosen and reserved here first. Throws if there
   * is none.
   */
  addressesOf(generation: number): Address[] {
    const { addresses, isShared, runsAs } = this.of(generation);
    const hosts = tcpAmong(addresses).flatMap(({ host, port }) => (port === 0 ? [host] : []));
    if (hosts.length > (isShared ? 0 : 1) && this.#port === undefined) {
      this.#reserved = this.sockets.reservePort(hosts, uidOf(runsAs));
      this.#port = this.#reserved.port;
    }
    return addresses.map((address) => this.#withPort(address));
  }

  /** A worker has bound its addresses. */
  noteBound(generation: number, addresses: readonly Address[]): void {
    const plan = this.#plans.get(generation);
    if (plan?.config.port === 0) this.#port ??= tcpAmong(addresses)[0]?.port;
    this.#reserved?.release();
    this.#reserved = undefined;
  }

  /** What the files hold that a generation was loaded from is known now. */
  noteFiles(generation: number, files: readonly FileFacts[]): void {
    const plan = this.#plans.get(generation);
    if (plan !== undefined) this.#plans.set(generation, { ...plan, files });
  }

  /** Where the app of a generation is; undefined: nobody has loaded it, or it is in no file. */
  placeOf(generation: number): AppPlace | undefined {
    const { app } = this.#plans.get(generation) ?? {};
    return app?.file === undefined ? undefined : placeOf(app, app.file);
  }

  /** A worker has loaded `file`: the others of its generation load the same. */
  noteLoaded(generation: number, loaded: Loaded): void {
    const { file, ownHono, isElsewhere, failure, appFiles: files } = loaded;
    const plan = this.#plans.get(generation);
    if (plan === undefined || plan.app.file !== undefined) return;
    const hasLoaded = plan.isDev && failure === undefined;
    const where = hasLoaded ? { isElsewhere: isElsewhere === true } : {};
    this.#plans.set(generation, { ...plan, files, app: { ...plan.app, file, ownHono, ...where } });
  }
}

/** Whether it has a port of its own. */
function hasPort({ addresses, config }: Plan): boolean {
  return !config.socketActivation && tcpAmong(addresses).length > 0;
}
