import { ActionIcon, Menu } from "@mantine/core";
import { CircleUserRound, LogOut, Radio, RefreshCw, ShieldCheck, WifiOff } from "lucide-react";
import { Link, useLocation } from "wouter";
import mark from "../../favicon.svg";
import { timeOfDay, zoneCity } from "../lib/clinicTime";
import { useLiveStatus } from "../lib/live";
import { useNow } from "../lib/now";
import { placesOf, ROLE_NAME } from "../lib/roles";
import { useAccount, useSignOut } from "../lib/session";
import styles from "./Shell.module.css";

/** Where this is, where one can go, what time it is there, and whether the screen is live. */
export function Header() {
  const account = useAccount();
  const [path] = useLocation();
  const places = placesOf(account);
  return (
    <header className={styles["header"]}>
      <Link href="/" className={styles["brand"]}>
        <img className={styles["mark"]} src={mark} alt="" />
        <span className={styles["product"]}>Bedside</span>
        <span className={styles["clinic"]}>{account.clinic.name}</span>
      </Link>
      {places.length > 1 ? (
        <nav className={styles["nav"]} aria-label="Main">
          {places.map((place) => (
            <Link key={place.path} href={place.path} className={styles["place"]} aria-current={path === place.path || path.startsWith(`${place.path}/`) ? "page" : undefined}>
              {place.label}
            </Link>
          ))}
        </nav>
      ) : null}
      <div className={styles["end"]}>
        <LiveIndicator />
        <ClinicClock />
        <AccountMenu />
      </div>
    </header>
  );
}

function ClinicClock() {
  const zone = useAccount().clinic.time_zone;
  const now = useNow();
  return (
    <span className={styles["clock"]} title={`Clinic time (${zone})`}>
      <time dateTime={new Date(now).toISOString()}>{timeOfDay(now, zone)}</time>
      {zoneCity(zone)}
    </span>
  );
}

const LIVE = {
  live: { icon: Radio, word: "Live" },
  reconnecting: { icon: RefreshCw, word: "Reconnecting" },
  offline: { icon: WifiOff, word: "Offline" },
} as const;

/** Whether what is on the screen is pushed right now. */
function LiveIndicator() {
  const status = useLiveStatus();
  const { icon: Icon, word } = LIVE[status];
  return (
    <output aria-label="Updates" className={styles["live"]} data-status={status}>
      <Icon size={14} aria-hidden />
      {word}
    </output>
  );
}

function AccountMenu() {
  const account = useAccount();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="calm" size={36} aria-label="Account">
          <CircleUserRound size={22} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <strong>{account.display_name}</strong>
          <br />
          {account.email}
          <br />
          {account.roles.map((role) => ROLE_NAME[role]).join(", ")}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component={Link} href="/security" leftSection={<ShieldCheck size={16} aria-hidden />}>
          Security
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
