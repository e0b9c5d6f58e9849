// What is different in pounce.service where systemd has the listening sockets.

const INSTEAD = "In place of what pounce.toml says about host, port and uds.";

/** The unit of a service, for the sockets of pounce.socket. */
export function withSocket(unit: string): string {
  return unit
    .replace(/^(After=network-online\.target)$/m, "$1\nRequires=pounce.socket\nAfter=pounce.socket")
    .replace(/^(ExecStart=.*)$/m, `# ${INSTEAD}\n$1 --socket-activation`)
    .replace(/^(WantedBy=multi-user\.target)$/m, "$1\nAlso=pounce.socket");
}
