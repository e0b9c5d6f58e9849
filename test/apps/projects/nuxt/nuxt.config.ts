// Nuxt as it comes; its server is one of Nitro.
export default defineNuxtConfig({ compatibilityDate: "2026-01-01", telemetry: false });
