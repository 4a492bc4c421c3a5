/** Which pages may connect: a browser lets any page open a socket to any server, also to one on the user's own machine. */

/** @param origin the `Origin` header; programs that are no browsers send none */
export type OriginCheck = (origin: string | undefined) => boolean

/** Exactly these, and nobody without an origin. */
export function onlyOrigins(origins: readonly string[]): OriginCheck {
  return (origin) => origin !== undefined && origins.includes(origin)
}

/** Pages of this machine, and programs: for a server without an authorizer, which any other page must not reach. */
export const localOrigins: OriginCheck = (origin) => origin === undefined || isLoopback(hostOf(origin))

export const anyOrigin: OriginCheck = () => true

/** @param host a name or address, IPv6 with or without brackets */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(host) || host === '::1' || host === '[::1]'
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}
