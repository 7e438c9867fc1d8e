import { Alert, Button, Group } from "@mantine/core";
import { CalendarX } from "lucide-react";
import { longDay, timeOfDay, wallTime } from "../../lib/clinicTime";

interface Props {
  readonly starts: readonly string[];
  readonly zone: string;
  readonly onChoose: (startsAt: string) => void;
}

/** The slot is taken; the free starts around it are one press away. */
export function Alternatives({ starts, zone, onChoose }: Props) {
  if (starts.length === 0) {
    return (
      <Alert color="waiting" role="alert" icon={<CalendarX aria-hidden />} title="This time is taken">
        No free time is near it. Try another day or clinician.
      </Alert>
    );
  }
  const days = new Set(starts.map((start) => wallTime(start, zone).date));
  return (
    <Alert color="waiting" role="alert" icon={<CalendarX aria-hidden />} title="This time is taken. Free times near it:">
      <Group gap="xs">
        {starts.map((start) => (
          <Button key={start} size="xs" variant="default" onClick={() => onChoose(start)}>
            {days.size === 1 ? timeOfDay(start, zone) : `${longDay(start, zone)}, ${timeOfDay(start, zone)}`}
          </Button>
        ))}
      </Group>
    </Alert>
  );
}
