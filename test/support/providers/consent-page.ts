const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** Asks somebody whether they agree; the form comes back to the address that showed it. */
export const consentPage = (name: string): string => `<!doctype html>
<html lang="en">
<title>Sign in</title>
<form method="post">
<button name="decision" value="continue">Continue as ${escaped(name)}</button>
<button name="decision" value="cancel">Cancel</button>
</form>
</html>
`;

/** Shown where a redirect would send a code to a stranger (RFC 6749, 4.1.2.1). */
export const refusalPage = (reason: string): string => `<!doctype html>
<html lang="en">
<title>Error</title>
<p>${escaped(reason)}</p>
</html>
`;
