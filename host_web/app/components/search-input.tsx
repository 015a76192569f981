import { type ComponentProps, useEffect, useRef, useState } from "react";
import { Input } from "./ui/input";

/** A person who types on for longer than this has finished a word. */
const SETTLE_MS = 250;

type Props = Omit<ComponentProps<typeof Input>, "value" | "onChange" | "type"> & {
  value: string;
  onSettle: (value: string) => void;
};

/** Is a search field for what is asked of the host: it tells once a word is complete, not with each letter. */
export function SearchInput({ value, onSettle, ...props }: Props) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useRef(onSettle);
  useEffect(() => {
    tell.current = onSettle;
  });
  useEffect(() => {
    // Somebody else has changed it, such as the button that takes the filters away.
    if (value !== told.current) setText(value);
    told.current = value;
  }, [value]);
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => {
      told.current = text;
      tell.current(text);
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return <Input type="search" value={text} onChange={(event) => setText(event.target.value)} {...props} />;
}
