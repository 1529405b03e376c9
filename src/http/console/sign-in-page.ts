import { plainPage } from './layout.ts'
import { type Markup, markup, NOTHING } from './markup.ts'

/** `wrong`: the token that was given is not the right one. */
export function signInPage(to: string, wrong: boolean): Markup {
  return plainPage(
    'Sign in',
    markup`<h1>Sign in</h1>
${wrong ? markup`<p class="error" role="alert">This is not the token. It is the value of <code>HTTP_TOKEN</code> in the settings of the connector.</p>` : NOTHING}
<form method="post" action="/sign-in" class="sign-in">
<input type="hidden" name="to" value="${to}">
<label for="token">Token of the console</label>
<input id="token" name="token" type="password" autocomplete="current-password" required${wrong ? markup` aria-invalid="true"` : NOTHING}>
<button class="primary">Sign in</button>
</form>
<p class="quiet">The session ends after 8 hours. The browser keeps it only over HTTPS or on localhost.</p>`,
  )
}
