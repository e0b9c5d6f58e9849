// Nitro 3, with the preset that makes a server for Node.
export default { compatibilityDate: "2026-01-01", preset: "node-server", serverDir: "./" };
