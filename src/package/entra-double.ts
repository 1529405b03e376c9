/**
 * `rollcall/entra-double`: an HTTP server that behaves like Microsoft Entra API-driven inbound
 * provisioning. src/local/entra/README.md describes it.
 */
export { type EntraDouble, type EntraOptions, type EntraStats, startEntra } from '../local/entra/server.ts'
export { type EntraSettings, FAST_SETTINGS } from '../local/entra/settings.ts'
