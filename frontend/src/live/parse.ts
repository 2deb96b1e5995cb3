/** Reads an event stream piece by piece, comments included: EventSource hides them, and they are our heartbeat. */
export interface Message {
  id: string | null;
  event: string;
  data: string;
}

export class StreamParser {
  #rest = "";
  #id: string | null = null;
  #event = "";
  #data: string[] = [];

  /** Returns the messages completed by *chunk*. */
  feed(chunk: string): Message[] {
    const messages: Message[] = [];
    this.#rest += chunk;
    // A lone CR at the end may be the first half of CRLF in the next piece.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length > 0) messages.push({ id: this.#id, event: this.#event || "message", data: this.#data.join("\n") });
        this.#event = "";
        this.#data = [];
        continue;
      }
      if (line.startsWith(":")) continue;
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "id") this.#id = value;
      else if (field === "event") this.#event = value;
      else if (field === "data") this.#data.push(value);
    }
    return messages;
  }
}
