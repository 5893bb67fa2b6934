def missing(archived: str, shown: str, heard: str) -> str:
    lines = shown.splitlines(keepends=True)
    last = [l for l in archived.splitlines() if l]
    if last and last[-1]+"\n" in lines: lines = lines[lines.index(last[-1]+"\n")+1:]
    new="".join(lines)
    for n in range(min(len(heard),len(new)),0,-1):
        if new.endswith(heard[:n]): return new+heard[n:]
    return new+heard
