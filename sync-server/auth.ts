/** Who may do what (rule V2): the app's operator says it in one function, `authorize`. */

/** `read`: follow an instance. `write`: push commits too. `admin`: all that the protocol offers. */
export type Right = 'none' | 'read' | 'write' | 'admin'

export interface AuthorizeRequest {
  /** As the device's `hello` carried it; never taken from a URL. */
  readonly token?: string
  /** The app: the path of the socket's URL, such as `/tasks`. */
  readonly namespace: string
  readonly device: string
  /** The page's origin, where a browser told it. */
  readonly origin?: string
}

/** What the bearer of a token may do. */
export interface Grant {
  /** Who it is, as a stable name: a device belongs to the subject that used it first. */
  readonly subject: string
  /** Asked when the device opens an instance, and again after each renewal of the token. */
  right(instance: { readonly system: string; readonly id: string }): Right | Promise<Right>
  /** Milliseconds since 1970; then the device is asked for a new token. Absent: the grant holds as long as the socket. */
  readonly expires?: number
}

/**
 * Decides what a device may do. `undefined` turns it away, with the same words for every cause.
 * A throw means that nobody knows at present (say, a key server is down): the device tries again later.
 */
export type Authorize = (request: AuthorizeRequest) => Grant | undefined | Promise<Grant | undefined>

/** Without an authorizer every device may do all, as a subject of its own. */
export const grantAll: Authorize = ({ device }) => ({ subject: device, right: () => 'admin' })
