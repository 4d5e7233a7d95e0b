//! The programs in the guides: what a page shows is taken from the page, compiled and run.

/// The bodies of a page's fenced blocks whose info string is exactly `fence`, in their order.
pub(crate) fn snippets(page: &str, fence: &str) -> Vec<String> {
    let opening = format!("```{fence}");
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.trim_end() == opening {
            let body = lines.by_ref().take_while(|line| line.trim_end() != "```");
            found.push(body.fold(String::new(), |text, line| text + line + "\n"));
        } else if line.starts_with("```") {
            // Another kind of block; its end is no beginning.
            lines.by_ref().find(|line| line.trim_end() == "```");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_blocks_of_one_kind() {
        let page = "text\n```c\nc\n```\n```pascal\none;\n\ntwo;\n```\nmore\n```pascal x\nno\n```\n```\n```pascal\nthree;\n```\n";
        assert_eq!(snippets(page, "c"), ["c\n"]);
        assert_eq!(snippets(page, "pascal"), ["one;\n\ntwo;\n"]);
        assert_eq!(
            snippets(
                &page.replace("```\n```pascal\nthree", "```pascal\nthree"),
                "pascal"
            ),
            ["one;\n\ntwo;\n", "three;\n"]
        );
    }
}
