// Numbers, lengths of time and moments, as a person reads them.
import { locale, say } from "./words.js";

const STEP_S = 10;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86400;

// At most two units: "1 h 24 min".
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const days = Math.floor(whole / DAY_S);
  const hours = Math.floor(whole / HOUR_S) % 24;
  const minutes = Math.floor(whole / MINUTE_S) % 60;
  if (days) return say("time.days_hours", { days, hours });
  if (hours) return say("time.hours_minutes", { hours, minutes });
  return minutes ? say("time.minutes", { minutes }) : say("time.seconds", { seconds: whole });
}

// Told in steps, so that not every second is a change.
export function ago(seconds) {
  if (seconds < STEP_S) return say("time.now");
  const step = seconds < MINUTE_S ? STEP_S : MINUTE_S;
  return say("time.ago", { duration: duration(Math.floor(seconds / step) * step) });
}

export function clock(moment, { seconds = false } = {}) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false };
  if (seconds) options.second = "2-digit";
  return new Intl.DateTimeFormat(locale(), options).format(moment);
}

export function percent(fraction) {
  return `${hundredths(fraction)} %`;
}

export function hundredths(fraction) {
  return Math.round(Math.min(Math.max(fraction, 0), 1) * 100);
}

export function count(number) {
  return new Intl.NumberFormat(locale()).format(number);
}

export function metric(number) {
  if (!Number.isFinite(number)) return "–";
  const size = Math.abs(number);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return number.toExponential(2);
  return String(Number(number.toPrecision(4)));
}

// As Colab counts them: its gigabytes are 2^30 bytes.
export function gigabytes(bytes) {
  return (bytes / 2 ** 30).toFixed(1);
}
