/** This machine, as a `URL` names its host. */
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Whether an address is plain http on this machine, where secrets do not cross a network. */
export function isLoopbackHttp(url: URL | null): boolean {
  return url?.protocol === 'http:' && LOOPBACK.has(url.hostname)
}
