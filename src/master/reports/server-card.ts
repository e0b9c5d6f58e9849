// What a server can say about itself at once, without asking its workers: for commands that look
// for it.
import type { ServerCard } from "../../admin/protocol.ts";
import type { Config } from "../../config/config.ts";
import { placeFields } from "../../core/app-place.ts";
import { servingGeneration, successorOf } from "../../core/predicates.ts";
import { formatAddress } from "../../net/address.ts";
import { identify } from "../../os/process-identity.ts";
import { here } from "../../platform.ts";
import { version } from "../../version.ts";
import type { Control } from "../control.ts";
import { unitOf } from "../../os/unit.ts";
import { stateWord } from "./status.ts";

interface CardSource {
  readonly config: Config;
  /** Of the control socket. */
  readonly path: string;
  readonly control: Control;
  readonly logFile: string | undefined;
}

export function serverCard({ config, path, control, logFile }: CardSource): ServerCard {
  const { host, port, uds } = config;
  const onPort = port === 0 ? [] : host.map((one) => formatAddress({ host: one, port }));
  const wanted = uds === undefined ? onPort : [formatAddress(uds)];
  const { state } = control.loop;
  const { addresses } = control.listeners;
  const settings = servingGeneration(state)?.settings ?? state.settings;
  return {
    version,
    pid: process.pid,
    // Elsewhere, finding out would take a process.
    started: here.hasProc ? (identify(process.pid).started ?? null) : null,
    since: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    state: stateWord(state),
    app: settings.appLabel,
    ...placeFields(servingGeneration(state)?.place),
    dev: settings.isDev === true,
    config: config.file ?? null,
    control_socket: path,
    addresses: addresses.length > 0 ? addresses : wanted,
    tls: settings.isSecure === true,
    generation: state.serving ?? null,
    successor: successorOf(state) ?? null,
    log: { file: logFile ?? null, unit: unitOf(process.env) ?? null },
  };
}
