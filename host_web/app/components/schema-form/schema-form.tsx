import Form from "@rjsf/core/lib/components/Form.js";
import type { RJSFSchema } from "@rjsf/utils";
import { useMemo } from "react";
import type { Schema } from "~/lib/api/types";
import { fromFormData, toFormData, toFormSchema } from "./schema";
import { FIELDS, TEMPLATES, WIDGETS } from "./theme";
import { validator } from "./validator";

interface Props {
  schema: Schema;
  value: unknown;
  onChange: (value: unknown) => void;
  onSubmit: () => void;
  /** Connects a button outside of the form with it. */
  id: string;
}

/** Draws a form from a JSON Schema. It is loaded when it is first needed, for it is larger than a page. */
export default function SchemaForm({ schema, value, onChange, onSubmit, id }: Props) {
  const formSchema = useMemo(() => toFormSchema(schema), [schema]);
  const data = useMemo(() => toFormData(value, formSchema), [value, formSchema]);
  return (
    <Form
      id={id}
      idPrefix={id}
      schema={formSchema as RJSFSchema}
      formData={data}
      validator={validator}
      templates={TEMPLATES}
      widgets={WIDGETS}
      fields={FIELDS}
      uiSchema={{ "ui:submitButtonOptions": { norender: true } }}
      experimental_defaultFormStateBehavior={{ emptyObjectFields: "skipDefaults" }}
      showErrorList={false}
      noHtml5Validate
      focusOnFirstError
      onChange={({ formData }) => onChange(fromFormData(formData))}
      onSubmit={onSubmit}
      // Its fields say what is wrong; without this the form would write it to the browser's console, too.
      onError={() => undefined}
      liveValidate={false}
    >
      {null}
    </Form>
  );
}
