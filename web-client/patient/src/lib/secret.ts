const KEY = "bedside.guest";

/** The secret of a letter's link, taken out of the address at once; empty when there is none. */
export function takeFragment(): string {
  const given = location.hash.slice(1);
  if (given !== "") history.replaceState(null, "", location.pathname);
  return given;
}

/**
 * The secret of a guest's link. It comes in the fragment, which no server sees, and is taken out of
 * the address at once, so that neither a shared screen nor a copied address gives it away; this tab
 * keeps it for a reload.
 */
export function takeSecret(): string | undefined {
  const given = location.hash.slice(1);
  if (given !== "") {
    history.replaceState(null, "", location.pathname);
    remember(given);
    return given;
  }
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(secret: string): void {
  try {
    sessionStorage.setItem(KEY, secret);
  } catch {
    // Without storage the link has to be opened again after a reload.
  }
}
