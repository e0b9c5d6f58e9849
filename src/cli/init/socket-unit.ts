// What is different in pounce.service where systemd has the listening sockets.

/** The unit of a service, for sockets of pounce.socket. */
export function withSocket(unit: string): string {
  return unit
    .replace(/^(After=network-online\.target)$/m, "$1\nRequires=pounce.socket\nAfter=pounce.socket")
    .replace(
      /^(ExecStart=.*)$/m,
      "# In place of what pounce.toml says about host, port and uds.\n$1 --socket-activation",
    )
    .replace(/^(WantedBy=multi-user\.target)$/m, "$1\nAlso=pounce.socket");
}
