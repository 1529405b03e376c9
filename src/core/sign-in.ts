/**
 * Where the tenant sends the browser back to: the redirect URI is the address of the console with
 * it.
 */
export const CALLBACK_PATH = '/sign-in/callback'

/** How the console proves that it is the app registration. */
export type ClientCredential =
  | { readonly kind: 'secret'; readonly secret: string }
  /** PEM text with the certificate and its private key. */
  | { readonly kind: 'certificate'; readonly pem: string }
  /** The file holds a token of another issuer, which the registration trusts. */
  | { readonly kind: 'federated'; readonly tokenFile: string }

/** The app registration in Entra ID that signs in to the console. */
export interface SignInSettings {
  /** Where browsers reach the console: scheme and host. */
  readonly url: string
  /** The one tenant whose users may sign in. */
  readonly tenantId: string
  readonly clientId: string
  readonly credential: ClientCredential
  /** Where the tenant signs in, such as https://login.microsoftonline.com. */
  readonly authority: string
}

/** Who signed in, as a verified token says. */
export interface SignedIn {
  /** The object id in the directory, which stays when the name changes. */
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
}

/** What must be the same when the browser comes back. */
export interface PendingSignIn {
  readonly state: string
  readonly nonce: string
  /** Of PKCE. */
  readonly verifier: string
}

/**
 * Signs browsers and programs in. Rejects with `SignInUnavailable` when the service cannot be
 * reached.
 */
export interface SignInService {
  /** Where to send the browser. */
  begin(): Promise<{ readonly address: string; readonly pending: PendingSignIn }>
  /**
   * The answer with which the browser came back: the query of its address. Rejects with
   * `SignInRefused`.
   */
  finish(query: URLSearchParams, pending: PendingSignIn): Promise<SignedIn>
  /** Whose bearer token it is; `null` for one that is not valid here. */
  bearer(token: string, now: number): Promise<SignedIn | null>
}
