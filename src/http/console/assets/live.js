// Replaces the content of an open page with a newer one. Without it, the page is reloaded by hand.
const EVERY_MS = 5_000
const main = document.querySelector('main[data-live]')
let etag = null
let paused = false

const toggle = document.createElement('button')
toggle.type = 'button'
toggle.className = 'toggle'

function show() {
  toggle.textContent = paused ? 'Refresh again' : 'Pause refresh'
  main.querySelector('[data-controls]')?.append(toggle)
}

toggle.addEventListener('click', () => {
  paused = !paused
  show()
})

async function refresh() {
  if (paused || document.hidden || String(getSelection()) !== '') return
  const response = await fetch(location.href, {
    headers: { 'rollcall-refresh': '1', ...(etag === null ? {} : { 'if-none-match': etag }) },
    cache: 'no-store',
    redirect: 'manual',
  })
  if (response.type === 'opaqueredirect') return location.reload()
  if (!response.ok) return
  const text = await response.text()
  etag = response.headers.get('etag')
  replaceWith(new DOMParser().parseFromString(text, 'text/html'))
}

function replaceWith(newer) {
  const content = newer.querySelector('main[data-live]')
  if (content === null) return
  const focused = main.contains(document.activeElement) ? document.activeElement : null
  main.replaceChildren(...content.childNodes)
  const nav = document.querySelector('header nav')
  const newerNav = newer.querySelector('header nav')
  if (nav !== null && newerNav !== null && !nav.contains(document.activeElement)) nav.replaceWith(newerNav)
  show()
  const again =
    focused === toggle
      ? toggle
      : [...main.querySelectorAll('a[href]')].find(
          (one) => one.getAttribute('href') === focused?.getAttribute('href'),
        )
  if (focused !== null) (again ?? main).focus({ preventScroll: true })
}

show()
setInterval(() => void refresh().catch(() => {}), EVERY_MS)
