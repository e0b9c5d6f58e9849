export default { output: "standalone", turbopack: { root: import.meta.dirname } };
