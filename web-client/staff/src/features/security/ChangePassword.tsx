import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { checkPassword, MIN_PASSWORD, type PasswordErrors, refusedPassword } from "@shared/account/password";
import { usePasswordChange } from "@shared/account/use-security";
import { Refused } from "../../ui/Refused";

/** A new password in place of the present one. */
export function ChangePassword({ onDone, onCancel }: { readonly onDone: () => void; readonly onCancel: () => void }) {
  const [draft, setDraft] = useState({ current: "", next: "" });
  const [errors, setErrors] = useState<PasswordErrors>({});
  const change = usePasswordChange(onDone);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (change.isPending) return;
    const found = checkPassword(draft);
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    change.mutate({ current_password: draft.current, new_password: draft.next }, { onError: (error) => setErrors(refusedPassword(error)) });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          data-autofocus
          value={draft.current}
          onChange={(event) => setDraft({ ...draft, current: event.currentTarget.value })}
          error={errors.current}
          visibilityToggleButtonProps={{ "aria-label": "Show present password", size: 28 }}
        />
        <PasswordInput
          label="New password"
          description={`At least ${MIN_PASSWORD} characters; several words are easy to remember`}
          autoComplete="new-password"
          value={draft.next}
          onChange={(event) => setDraft({ ...draft, next: event.currentTarget.value })}
          error={errors.next}
          visibilityToggleButtonProps={{ "aria-label": "Show new password", size: 28 }}
        />
        {Object.keys(errors).length === 0 ? <Refused error={change.error} /> : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending}>
            Change password
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
