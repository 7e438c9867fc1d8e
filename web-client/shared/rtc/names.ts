/** Display names by account id. A media token carries no name, so the visit says who is who. */
export type Names = ReadonlyMap<string, string>;

/** What names need to know of a visit. */
interface Parties {
  readonly patient: { readonly account_id: string | null; readonly display_name: string };
  readonly clinician: { readonly account_id: string; readonly display_name: string };
}

/** The parties of a visit. */
export function namesOf({ patient, clinician }: Parties): Names {
  const names = new Map([[clinician.account_id, clinician.display_name]]);
  if (patient.account_id !== null) names.set(patient.account_id, patient.display_name);
  return names;
}

/** The name to show for somebody in the room; a person the visit does not know is a guest. */
export function nameOf(names: Names, identity: string, own: string | undefined): string {
  return names.get(identity) ?? (own || "Guest");
}
