import { ActionIcon, Button, Group, Menu, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { DoorClosed, DoorOpen, EllipsisVertical, KeyRound } from "lucide-react";
import { useState } from "react";
import { useProven } from "@shared/account/use-step-up";
import { api, take } from "@shared/api/client";
import type { Account } from "@shared/api/types";
import { Dialog } from "../../ui/Dialog";
import { Refused } from "../../ui/Refused";

type Deed = "disable" | "enable" | "reset-factors";

interface DeedWords {
  readonly item: string;
  readonly title: (name: string) => string;
  readonly text: string;
  readonly button: string;
  readonly done: (name: string) => string;
}

const DEEDS: Record<Deed, DeedWords> = {
  disable: {
    item: "Shut account…",
    title: (name) => `Shut the account of ${name}?`,
    text: "They are signed out everywhere at once, calls included, and cannot sign in until you open the account again. Nothing of theirs is deleted.",
    button: "Shut account",
    done: (name) => `The account of ${name} is shut.`,
  },
  enable: {
    item: "Open account again…",
    title: (name) => `Open the account of ${name} again?`,
    text: "They can sign in again with the password and second factor they had.",
    button: "Open account",
    done: (name) => `${name} can sign in again.`,
  },
  "reset-factors": {
    item: "Reset second factors…",
    title: (name) => `Reset the second factors of ${name}?`,
    text: "For somebody who lost phone and recovery codes. First make sure that it is really them, face to face or by a number you know. They are signed out and set up a new app at the next sign-in.",
    button: "Reset",
    done: (name) => `${name} sets up a new second factor at the next sign-in.`,
  },
};

function perform(deed: Deed, id: string): Promise<unknown> {
  const params = { path: { id } };
  if (deed === "disable") return take(api.POST("/api/v1/accounts/{id}/disable", { params }));
  if (deed === "enable") return take(api.POST("/api/v1/accounts/{id}/enable", { params }));
  return take(api.POST("/api/v1/accounts/{id}/reset-factors", { params }));
}

/** What an admin can do with somebody's account; each asks first. */
export function AccountMenu({ account }: { readonly account: Account }) {
  const proven = useProven();
  const [asking, setAsking] = useState<Deed>();
  const run = useMutation({
    mutationFn: (deed: Deed) => proven(() => perform(deed, account.id)),
    onSuccess: (_, deed) => {
      setAsking(undefined);
      notifications.show({ message: DEEDS[deed].done(account.display_name) });
    },
  });
  const close = (): void => {
    setAsking(undefined);
    run.reset();
  };
  const icons = { disable: DoorClosed, enable: DoorOpen, "reset-factors": KeyRound } as const;
  const words = asking === undefined ? undefined : DEEDS[asking];
  return (
    <>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="calm" size={30} aria-label={`Actions for ${account.display_name}`}>
            <EllipsisVertical size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {(["reset-factors", "disable", "enable"] as const).map((deed) => {
            const Icon = icons[deed];
            return (
              <Menu.Item key={deed} color={deed === "disable" ? "danger" : undefined} leftSection={<Icon size={16} aria-hidden />} onClick={() => setAsking(deed)}>
                {DEEDS[deed].item}
              </Menu.Item>
            );
          })}
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={words !== undefined} onClose={close} title={words?.title(account.display_name) ?? ""}>
        <Text>{words?.text}</Text>
        <Refused error={run.error} />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button color={asking === "disable" ? "danger" : undefined} loading={run.isPending} onClick={() => asking !== undefined && run.mutate(asking)}>
            {words?.button}
          </Button>
        </Group>
      </Dialog>
    </>
  );
}
