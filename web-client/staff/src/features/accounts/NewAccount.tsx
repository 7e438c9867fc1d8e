import { Alert, Button, Checkbox, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, take } from "@shared/api/client";
import type { Role } from "@shared/api/types";
import { describeProblem } from "../../lib/problem";
import { ROLE_NAME } from "../../lib/roles";
import { accountsQuery } from "../../lib/staffQueries";
import { type AccountDraft, type AccountErrors, check, MIN_PASSWORD, refusedField } from "./draft";

const ROLES: readonly Role[] = ["clinician", "coordinator", "clinic_admin", "compliance", "patient", "family_member"];

/** Creates an account; the password is handed over in person and changed later. */
export function NewAccount({ onDone }: { readonly onDone: () => void }) {
  const cache = useQueryClient();
  const [draft, setDraft] = useState<AccountDraft>({ display_name: "", email: "", password: "", roles: [] });
  const [errors, setErrors] = useState<AccountErrors>({});
  const create = useMutation({
    mutationFn: () =>
      take(
        api.POST("/api/v1/accounts", {
          body: { ...draft, display_name: draft.display_name.trim(), email: draft.email.trim(), roles: [...draft.roles] },
        }),
      ),
    onSuccess: async (account) => {
      await cache.invalidateQueries({ queryKey: accountsQuery().queryKey });
      notifications.show({ message: `${account.display_name} can sign in now.` });
      onDone();
    },
    onError: (error) => setErrors(refusedField(error)),
  });
  const change = (part: Partial<AccountDraft>): void => setDraft({ ...draft, ...part });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const found = check(draft);
    setErrors(found);
    if (Object.keys(found).length === 0) create.mutate();
  };
  const general = create.isError && Object.keys(refusedField(create.error)).length === 0;
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput label="Name" autoComplete="off" data-autofocus value={draft.display_name} onChange={(event) => change({ display_name: event.currentTarget.value })} error={errors.display_name} />
        <TextInput label="Email" type="email" autoComplete="off" value={draft.email} onChange={(event) => change({ email: event.currentTarget.value })} error={errors.email} />
        <PasswordInput label="First password" description={`At least ${MIN_PASSWORD} characters`} autoComplete="new-password" value={draft.password} onChange={(event) => change({ password: event.currentTarget.value })} error={errors.password} visibilityToggleButtonProps={{ "aria-label": "Show password", size: 28 }} />
        <Checkbox.Group label="Roles" value={[...draft.roles]} onChange={(roles) => change({ roles: ROLES.filter((role) => roles.includes(role)) })} error={errors.roles}>
          <Group mt={6}>
            {ROLES.map((role) => (
              <Checkbox key={role} value={role} label={ROLE_NAME[role]} />
            ))}
          </Group>
        </Checkbox.Group>
        {general ? (
          <Alert color="danger" role="alert" icon={<CircleAlert aria-hidden />}>
            {describeProblem(create.error)}
          </Alert>
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Create account
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
