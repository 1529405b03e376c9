import { plainPage } from './layout.ts'
import { type Markup, markup, NOTHING } from './markup.ts'

/** Why the page is shown again. */
export type SignInProblem = 'wrong-token' | 'refused' | 'expired'

const PROBLEMS: Readonly<Record<SignInProblem, string>> = {
  'wrong-token': 'This is not the token. It is the value of HTTP_TOKEN in the settings of the connector.',
  refused: 'Entra ID did not sign you in, or its answer cannot be trusted. Try again.',
  expired: 'This sign-in was begun in another browser, or too long ago. Begin again.',
}

export interface SignInPage {
  /** The page to go to afterwards. */
  readonly to: string
  readonly problem: SignInProblem | null
  /** The ways to sign in. */
  readonly token: boolean
  readonly entra: boolean
}

export function signInPage({ to, problem, token, entra }: SignInPage): Markup {
  const query = new URLSearchParams({ to }).toString()
  return plainPage(
    'Sign in',
    markup`<h1>Sign in</h1>
${problem === null ? NOTHING : markup`<p class="error" role="alert">${PROBLEMS[problem]}</p>`}
${entra ? markup`<p><a class="button primary" href="/sign-in/entra?${query}">Sign in with Microsoft Entra ID</a></p>` : NOTHING}
${token ? tokenForm(to, problem === 'wrong-token') : NOTHING}
<p class="quiet">The session ends after 8 hours, and after an hour without a page. The browser keeps it only over HTTPS or on localhost. Signing out here does not sign you out of Entra ID.</p>`,
  )
}

function tokenForm(to: string, wrong: boolean): Markup {
  return markup`<form method="post" action="/sign-in" class="sign-in">
<input type="hidden" name="to" value="${to}">
<label for="token">Token of the console</label>
<input id="token" name="token" type="password" autocomplete="current-password" required${wrong ? markup` aria-invalid="true"` : NOTHING}>
<button class="primary">Sign in with the token</button>
</form>`
}

/**
 * Leads on to the console. The browser came from another site, and would leave out the session
 * cookie, which is `Strict`, on a redirect; what a page of our own leads to is the same site.
 */
export function signedInPage(to: string): Markup {
  return plainPage(
    'Signed in',
    markup`<h1>Signed in</h1><p><a class="button primary" href="${to}">Go on to the console</a></p>`,
    markup`<meta http-equiv="refresh" content="0; url=${to}">`,
  )
}
