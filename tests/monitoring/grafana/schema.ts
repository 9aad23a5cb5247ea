// A dashboard as JSON, in the types of Grafana's Foundation SDK, which are made from its schema.
//
// `cargo xtask test grafana` writes the dashboard as a literal of the type `Dashboard`, so that a
// field which there is not, a value which an enumeration does not have, and a unit that Grafana does
// not know are errors.

import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import type * as stat from "@grafana/grafana-foundation-sdk/stat";
import type * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import type * as table from "@grafana/grafana-foundation-sdk/table";
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type * as units from "@grafana/grafana-foundation-sdk/units";

/** A type as JSON has it: values of enumerations are their texts. */
type Json<T> = unknown extends T
  ? unknown
  : T extends string
    ? `${T}`
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

type Unit = (typeof units)[keyof typeof units];

type Query = Json<Omit<prometheus.Dataquery, "_implementsDataqueryVariant">> & {
  expr: string;
  refId: string;
};

type Fields<Custom> = {
  defaults: Json<Omit<dashboard.FieldConfig, "custom" | "unit">> & {
    unit: Unit;
    custom?: Json<Custom>;
  };
  overrides: Json<dashboard.FieldConfigSource["overrides"]>;
};

/** A panel of a plugin, with the options that the plugin has. */
type Panel<Type extends string, Options, Custom> = Json<
  Omit<dashboard.Panel, "type" | "targets" | "options" | "fieldConfig">
> & {
  type: Type;
  targets: Query[];
  options: Json<Options>;
  fieldConfig: Fields<Custom>;
};

type AnyPanel =
  | Json<dashboard.RowPanel>
  | Panel<"stat", stat.Options, Record<string, never>>
  | Panel<"timeseries", timeseries.Options, timeseries.FieldConfig>
  | Panel<"state-timeline", statetimeline.Options, statetimeline.FieldConfig>
  | Panel<"table", table.Options, table.FieldConfig>;

export type Dashboard = Json<Omit<dashboard.Dashboard, "panels" | "annotations" | "schemaVersion">> & {
  uid: string;
  title: string;
  schemaVersion: 42;
  panels: AnyPanel[];
  annotations: { list: Json<Omit<dashboard.AnnotationQuery, "target">>[] };
};
