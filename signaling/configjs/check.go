package configjs

import (
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/token"
)

const (
	// maxNesting bounds the characters that nest expressions, wherever in the text they are. The parser recurses:
	// 20,000 opening parentheses take 64 MiB of stack, a million would be more than Go allows, which no recover
	// catches. The stock config.js has about 6,000 of them, most in comments.
	maxNesting   = 20_000
	nestingBytes = "([{=!~?+-*:`"

	maxDepth       = 400 // of the syntax tree, which the compiler walks recursively
	maxIdentifier  = 256
	maxPattern     = 512 // of a regular expression
	maxTemplate    = 32  // parts of a template string
	guardName      = "\x00guard"
	protoSetterKey = "__proto__"
)

// compile parses and checks the script, and puts a guard around each operation that makes strings longer.
func compile(source string) (*goja.Program, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("%w: it has %d bytes", ErrLimit, len(source))
	}
	nesting := 0
	for _, c := range []byte(source) {
		if strings.IndexByte(nestingBytes, c) >= 0 {
			nesting++
		}
	}
	if nesting > maxNesting {
		return nil, fmt.Errorf("%w: it could nest too deeply", ErrLimit)
	}
	program, err := parser.ParseFile(nil, "config.js", source, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, quoted(firstError(err))
	}
	if err := check(reflect.ValueOf(program.Body), 0); err != nil {
		return nil, err
	}
	compiled, err := goja.CompileAST(program, false)
	return compiled, quoted(err)
}

// firstError keeps a parser that finds a thousand errors from filling the log.
func firstError(err error) error {
	var list parser.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return list[0]
	}
	return err
}

var (
	expressionType = reflect.TypeFor[ast.Expression]()
	positionType   = reflect.TypeFor[file.Idx]()
	scopeType      = reflect.TypeFor[[]*ast.VariableDeclaration]() // repeats what is in the body
)

// known are the kinds of nodes that a script may have. The compiler of the engine handles more; each of them can
// do something in one step that takes no end of time or memory, or is not needed.
var known = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq(`Binding ArrayLiteral ArrayPattern AssignExpression BinaryExpression BooleanLiteral
		BracketExpression CallExpression ConditionalExpression DotExpression OptionalChain Optional FunctionLiteral
		ExpressionBody ArrowFunctionLiteral Identifier NewExpression NullLiteral NumberLiteral ObjectLiteral
		ObjectPattern ParameterList PropertyShort PropertyKeyed RegExpLiteral SequenceExpression SpreadElement
		StringLiteral TemplateElement TemplateLiteral ThisExpression UnaryExpression BlockStatement BranchStatement
		CaseStatement CatchStatement DoWhileStatement EmptyStatement ExpressionStatement ForInStatement
		ForOfStatement ForStatement IfStatement LabelledStatement ReturnStatement SwitchStatement ThrowStatement
		TryStatement VariableStatement LexicalDeclaration WhileStatement FunctionDeclaration VariableDeclaration
		ForLoopInitializerExpression ForLoopInitializerVarDeclList ForLoopInitializerLexicalDecl ForIntoVar
		ForDeclaration ForIntoExpression`) {
		known[name] = true
	}
}

// check walks the tree below v, whatever its type.
func check(v reflect.Value, depth int) error {
	if depth > 4*maxDepth { // an interface, a pointer, a struct and often a slice a level
		return fmt.Errorf("%w: it nests too deeply", ErrLimit)
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if err := check(v.Elem(), depth+1); err != nil {
			return err
		}
		if v.Type() == expressionType && v.CanSet() && grows(v.Interface()) {
			v.Set(reflect.ValueOf(guarded(v.Interface().(ast.Expression))))
		}
	case reflect.Pointer:
		if v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
			return nil
		}
		return checkStruct(v.Elem(), depth)
	case reflect.Struct:
		return checkStruct(v, depth)
	case reflect.Slice:
		for i := range v.Len() {
			if err := check(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkStruct(v reflect.Value, depth int) error {
	if v.Type().PkgPath() != reflect.TypeFor[ast.Program]().PkgPath() {
		return nil // a position, or a number's value
	}
	if !known[v.Type().Name()] {
		return refusal(v.Type().Name())
	}
	if err := checkNode(v.Addr().Interface()); err != nil {
		return err
	}
	for i := range v.NumField() {
		field := v.Field(i)
		if !v.Type().Field(i).IsExported() || field.Type() == positionType || field.Type() == scopeType {
			continue
		}
		if err := check(field, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func refusal(what string) error { return fmt.Errorf("%w: it uses %s", ErrLimit, what) }

// checkNode is about the node itself, not about what is below it.
func checkNode(node any) error {
	switch n := node.(type) {
	case *ast.FunctionLiteral:
		if n.Async || n.Generator {
			return refusal("an asynchronous function or a generator")
		}
	case *ast.ArrowFunctionLiteral:
		if n.Async {
			return refusal("an asynchronous function")
		}
	case *ast.NumberLiteral:
		if _, ok := n.Value.(*big.Int); ok {
			return refusal("big integers") // one multiplication of them can take minutes
		}
	case *ast.StringLiteral:
		if len(n.Value) > maxString {
			return refusal("a very long string")
		}
	case *ast.Identifier:
		if len(n.Name) > maxIdentifier {
			return refusal("a very long name")
		}
	case *ast.TemplateLiteral:
		return checkTemplate(n)
	case *ast.RegExpLiteral:
		return checkPattern(n)
	case *ast.PropertyKeyed:
		// A literal's __proto__ would make an object that passes for a built-in one; long names end in stack traces.
		if key, ok := n.Key.(*ast.StringLiteral); ok && !n.Computed && (key.Value == protoSetterKey || len(key.Value) > maxIdentifier) {
			return refusal("a property that no config.js has")
		}
	case *ast.ArrayPattern:
		if n.Rest != nil {
			return refusal("the rest of an array")
		}
	case *ast.ArrayLiteral:
		return checkSpread(n.Value)
	case *ast.CallExpression:
		return checkSpread(n.ArgumentList)
	case *ast.NewExpression:
		return checkSpread(n.ArgumentList)
	}
	return nil
}

// checkSpread refuses to spread arrays: their length can be set to four thousand million at no cost. To spread an
// object is harmless, it has only the properties that it has.
func checkSpread(list []ast.Expression) error {
	for _, e := range list {
		if _, ok := e.(*ast.SpreadElement); ok {
			return refusal("the spread of an array")
		}
	}
	return nil
}

func checkTemplate(n *ast.TemplateLiteral) error {
	if n.Tag != nil || len(n.Expressions) > maxTemplate {
		return refusal("a tagged or a very long template string")
	}
	for _, e := range n.Elements {
		if len(e.Literal) > maxString {
			return refusal("a very long string")
		}
	}
	return nil
}

// checkPattern lets pass what the engine gives to Go's regular expressions, which take linear time. The others it
// gives to an implementation that backtracks, for ever if need be.
func checkPattern(n *ast.RegExpLiteral) error {
	if len(n.Pattern) > maxPattern {
		return refusal("a very long regular expression")
	}
	transformed, err := parser.TransformRegExp(n.Pattern, strings.Contains(n.Flags, "s"), strings.Contains(n.Flags, "u"))
	if err == nil {
		_, err = regexp.Compile(transformed)
	}
	if err != nil {
		return refusal("a regular expression that backtracks")
	}
	return nil
}

// grows says whether an expression can make a string longer than its parts.
func grows(node any) bool {
	switch n := node.(type) {
	case *ast.BinaryExpression:
		return n.Operator == token.PLUS
	case *ast.AssignExpression:
		return n.Operator == token.PLUS
	case *ast.TemplateLiteral:
		return true
	}
	return false
}

// guarded is a call of the prelude's guard, whose name no script can write, with e.
func guarded(e ast.Expression) *ast.CallExpression {
	return &ast.CallExpression{
		Callee:           &ast.Identifier{Name: guardName, Idx: e.Idx0()},
		LeftParenthesis:  e.Idx0(),
		ArgumentList:     []ast.Expression{e},
		RightParenthesis: e.Idx1(),
	}
}
