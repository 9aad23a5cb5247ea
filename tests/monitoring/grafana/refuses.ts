// What the types refuse: they would be of no use if they took everything. An expected error that
// does not come is an error.

import type { Dashboard } from "./schema.js";

type Lines = Extract<Dashboard["panels"][number], { type: "timeseries" }>;
type Fields = Lines["fieldConfig"]["defaults"];

// @ts-expect-error: no such unit
export const unit: Fields["unit"] = "bytez";

// @ts-expect-error: no such value of an enumeration
export const style: Fields["custom"] = { drawStyle: "lines" };

// @ts-expect-error: no such field of a query
export const query: Lines["targets"][number] = { refId: "A", expr: "up", legend: "up" };

// @ts-expect-error: a place without a width
export const place: Lines["gridPos"] = { x: 0, y: 0, h: 8 };

// @ts-expect-error: another schema
export const schema: Dashboard["schemaVersion"] = 41;

// @ts-expect-error: no such number of an enumeration
export const cursor: Dashboard["graphTooltip"] = 7;
