import { Alert } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import { StepUpDeclined } from "@shared/account/step-up";
import { describeProblem } from "../lib/problem";

/** Why something was not done, where the eyes are; nothing for whoever declined it themselves. */
export function Refused({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined || error instanceof StepUpDeclined) return null;
  return (
    <Alert color="danger" role="alert" icon={<CircleAlert aria-hidden />}>
      {describeProblem(error)}
    </Alert>
  );
}
